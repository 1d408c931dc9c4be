$TTL 3600
@       SOA     ns hostmaster 1 3600 600 86400 300
        NS      ns
        MX      10 mail
        A       192.168.111.100
        TXT     "v=spf1 ip4:192.168.111.100 include:_spf.daum.net -all"
ns      A       @NAMESERVER@
mail    A       192.168.111.100
_dmarc  TXT     "v=DMARC1; p=quarantine; rua=mailto:postmaster@naver.com; adkim=s; aspf=r"
_imaps._tcp SRV 0 1 993 mail
_mta-sts TXT    "v=STSv1; id=20261122"
$INCLUDE /etc/bind/zones/dkim
