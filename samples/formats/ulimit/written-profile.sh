# broker's user
echo 'ulimit -n 655350' >> /etc/profile
echo '* hard nofile 655350' >> /etc/security/limits.conf
ulimit -c unlimited && ulimit -n 65535
