"""Words that identify nobody: those of host names that say what a host does, and those that mail itself is made of."""

from __future__ import annotations

_ROLES_TEXT = (
    "mail mails email smtp smtps esmtp submission pop pop3 pop3s imap imap4 imaps mx mxs mta mda mua msa"
    " relay in out inbound outbound dns ns www ftp web webmail autodiscover autoconfig server servers client"
    " clients host hosts localhost localdomain local lan home internal intranet gateway gw router proxy filter"
    " root gtld bl dnsbl rbl sbl xbl pbl zen spf dkim dmarc arc postmaster hostmaster webmaster abuse mailer"
    " daemon noreply no reply bounce bounces admin info support list lists owner request example test invalid"
    " arpa addr ip4 ip6 com net org edu gov mil int info biz name io dev app xn version bind"
)
ROLES = frozenset(_ROLES_TEXT.split())
"""Words of names that stay: without them nobody could tell what a host is for. Digits behind them stay, too (`mx1`)."""

_SECOND_LEVELS_TEXT = "ac co com edu go gov ltd mil ne net nom or org pe re sch"
SECOND_LEVELS = frozenset(_SECOND_LEVELS_TEXT.split())
"""Labels under which countries register names (`co.kr`, `ac.uk`)."""

_ENDS_TEXT = (
    "com net org edu gov mil int arpa info biz name io dev app cloud online site xyz local lan localdomain"
    " internal intranet home corp example test invalid localhost"
)
ENDS = frozenset(_ENDS_TEXT.split())
"""Last labels by which a word with dots in running text is known as a host name; all of two letters besides."""

_MAIL_WORDS_TEXT = (
    "an am as at be bh bl by cv do dh dk dn go he hi if in is it me my no of on or so to tx up us we ok id re fw aw"
    " ko en de fr ja zh us uk kr jp cn st nd rd th vs eg ie pm kb mb gb ms ns ex el la le di da du un al se si "
    "mail from rcpt data bdat rset quit noop help vrfy expn ehlo helo lhlo auth starttls turn etrn size body"
    " chunking pipelining dsn smtputf8 8bitmime binarymime enhancedstatuscodes deliverby last notify never"
    " success failure delay orcpt envid ret full hdrs plain login cram md5 digest scram sha sha1 sha256 ntlm"
    " gssapi external xoauth2 oauthbearer anonymous xclient xforward user pass apop stat retr dele top uidl"
    " capa stls utf8 resp codes expire implementation sasl authenticate capability select examine create"
    " delete rename subscribe unsubscribe lsub status append check close expunge search fetch store copy move"
    " uid idle done namespace enable unselect sort thread logout inbox flags flag seen answered flagged"
    " deleted draft recent exists permanentflags uidvalidity uidnext unseen messages internaldate envelope"
    " bodystructure rfc822 header headers fields text mime peek nil all any and subject sender reply to cc bcc"
    " date received message id references return path delivered content type transfer encoding disposition"
    " attachment inline filename charset boundary multipart mixed alternative related report application image"
    " octet stream html base64 quoted printable 7bit 8bit binary format flowed delsp with by for via esmtps"
    " esmtpsa smtpd lmtp utf tls tlsv1 ssl cipher verify bits using version is ok err bad bye preauth queued"
    " accepted recipient address domain hello pleased meet you the this that not are was has have your our"
    " will can user unknown rejected denied access command error syntax mailbox unavailable service ready"
    " closing channel connection transmission channel try again later envelope authentication results pass"
    " fail softfail neutral none temperror permerror mailfrom policy action original final remote diagnostic"
    " code reporting arrival re fwd fw aw end input enter okay delivery system sendmail postfix exim dovecot"
    " qmail courier cyrus bind exchange microsoft gmail debian ubuntu gnu linux mon tue wed thu fri sat sun"
    " jan feb mar apr may jun jul aug sep oct nov dec gmt utc kst est pst edt pdt cet cest bst jst userid unix"
    " hidden os port type key hash spf1 dkim1 dmarc1 include redirect exists ptr mx ip4 ip6 rua ruf pct adkim"
    " aspf quarantine none reject relaxed simple rsa canonicalization"
)
MAIL_WORDS = frozenset(_MAIL_WORDS_TEXT.split())
"""Words that are left alone in running text even where somebody has such a name: what mail says is made of them."""
