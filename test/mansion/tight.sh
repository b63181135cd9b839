# A device with little room left: see keep.mjs. In a mount namespace of its own, so nothing is left.
set -eu
dir=$1 node=$2 here=$3
mount -t tmpfs -o size=4m tmpfs "$dir"
"$node" "$here/keep.mjs" "$dir/m" 2> /dev/null
umount "$dir"
