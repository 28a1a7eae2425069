#!/bin/sh
# tune a broker's host
export PATH=$PATH:/sbin
sudo sysctl -w vm.extra_free_kbytes=2000000
sudo sysctl -w vm.min_free_kbytes=1000000
sudo sysctl -w vm.overcommit_memory=1 vm.drop_caches=1
sudo sysctl -w net.ipv4.tcp_mem="786432 1048576 1572864"
echo 'vm.max_map_count=65536' >> /etc/sysctl.conf
echo "vm.dirty_background_ratio = 50" | sudo tee -a /etc/sysctl.conf
echo 0 > /proc/sys/vm/zone_reclaim_mode
echo 'ulimit -n 655350' >> /etc/profile
echo 'deadline' > /sys/block/${DISK}/queue/scheduler
