# A full device: a writer on a tmpfs of 1 MB writes until it is refused; then there is room again, and it is opened anew.
# Prints all that the writer prints, then what look.mjs says. In a mount namespace of its own, so nothing is left.
set -eu
dir=$1 node=$2 here=$3
mount -t tmpfs -o size=1m tmpfs "$dir"
"$node" "$here/stream.mjs" "$dir/m" 1000 2> /dev/null
mount -o remount,size=16m "$dir"
"$node" "$here/look.mjs" "$dir/m"
umount "$dir"
