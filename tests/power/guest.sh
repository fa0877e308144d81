#!/bin/busybox sh
# The guest's first and only program: mounts the disk, says what the store is worth, runs the daemon. What it
# prints goes to the serial line, where `run` reads it. It never ends in order: the cut does that.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules/order); do insmod "/modules/$module" || echo "GUEST: no $module"; done
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up
mount -t ext4 /dev/vda /data || echo "GUEST: the disk cannot be mounted"
if [ -s /data/wenzheng.db ]; then
	if wenzhengd --config /house/wenzhengd.yaml --verify >/verify.log 2>&1; then
		echo "GUEST: verify is content"
	else
		cat /verify.log
		echo "GUEST: verify is not content"
	fi
else
	echo "GUEST: no store"
fi
grep -q eatmydata /proc/cmdline && export LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libeatmydata.so
wenzhengd --config /house/wenzhengd.yaml 2>&1
echo "GUEST: the daemon ended with status $?"
poweroff -f
