# A power cut: a writer on an ext4 image is killed, the image is copied as it is, without a sync, and the copy is mounted
# and read. Prints the last acknowledged record, then what look.mjs says. In a mount namespace of its own, so nothing is left.
set -eu
dir=$1 node=$2 here=$3 batches=$4
truncate -s 64M "$dir/disk"
mkfs.ext4 -q -F "$dir/disk"
mkdir "$dir/before" "$dir/after"
# Nothing but a sync brings anything to the device within the test.
mount -o loop,commit=600 "$dir/disk" "$dir/before"
: > "$dir/acks"
"$node" "$here/stream.mjs" "$dir/before/m" >> "$dir/acks" &
writer=$!
while [ "$(wc -l < "$dir/acks")" -lt "$batches" ] && kill -0 $writer; do sleep 0.05; done
kill -9 $writer
wait $writer || true
cp --sparse=always "$dir/disk" "$dir/copy"
mount -o loop "$dir/copy" "$dir/after"
tail -n 1 "$dir/acks"
"$node" "$here/look.mjs" "$dir/after/m"
umount "$dir/after" "$dir/before"
