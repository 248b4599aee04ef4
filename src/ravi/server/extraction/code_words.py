"""
The words around codes, in the languages that we know some words of.

Written as `vocabulary.py` reads them: `-word`, `word-` and `-word-` may stand inside longer words. Case and accents do
not matter. A longer entry wins over a shorter one at the same place, so "promo code" is not a code.
"""

from ravi.server.extraction.vocabulary import Vocabulary

CODE = "code"
PASSWORD = "password"  # noqa: S105 - the name of a kind of word
OTHER = "other"
ENTER = "enter"
SIGN_IN = "sign in"
TOPIC = "topic"
OLD = "old"
LAPSED = "lapsed"
EXAMPLE = "example"
MEETING = "meeting"
RECEIPT = "receipt"
OFFER = "offer"

#: What codes are called.
_CODE = """
-code, -codes, passcode-, one-time pass-, one time pass-, one-time phrase, login phrase, passphrase, otp, otps, pin,
pins, mpin, pin-code, pincode, pin number, 2fa, registration code, single-use code, single-use password,
account verification pin, tac, digit number, security number, verification number, temporary password,
-codens, -kode, -koden, -kodene, -kod-, tan, tans, mtan, smstan, sms-tan, pushtan, einmalpasswort, einmalkennwort,
einmal-passwort, -kennwort,
mot de passe a usage unique, mot de passe unique, code a usage unique,
codigo-, codi, clave-, chave de seguranca, token de, contrasena de un solo uso, contrasena temporal,
senha temporaria, senha de uso unico,
codice-, password temporanea, password monouso, codici, cod, codul-, coduri, parola unica, parola de unica folosinta,
parola temporara,
engangskod-, engangslosenord, engangspassord, adgangskode, engangsadgangskode,
-koodi-, tunnusluku-, kertakayttosalasana-, -kood-, -kods, -kodas-, -kodai,
haslo jednorazowe, jednorazove heslo, jednorazova lozinka, jednokratna lozinka, jednokratna zaporka, enkratno geslo,
vienkartinis slaptazodis, vienreizeja parole, uhekordne parool,
egyszer hasznalatos jelszo, egyszeri jelszo, eenmalig wachtwoord, kata sandi sekali pakai, kata laluan sekali guna,
mat khau mot lan, nombor tac,
koda, kodo, sifra, sifre-, sifren-, parolaniz, tek kullanimlik,
-kodi-, msimbo-, nambari ya siri, nambari ya uthibitisho, birdefelik sifre, birdəfəlik sifre,
код-, -код, одноразовый пароль, разовый пароль, одноразовий пароль, пароль для подтверждения, пароль для входа,
шифра, еднократна парола, једнократна лозинка, лозинка, құпиясөз-, құпия сөз,
κωδικ-, συνθηματικο,
-კოდ-, -կոդ-, ծածկագիր-, գաղտնաբառ-,
-קוד-, סיסמה חד-, סיסמה זמנית,
-رمز-, -كود-, كلمة المرور لمرة, كلمة مرور لمرة, كلمة السر لمرة, الرقم السري, -کد-, -کوڈ-, او ٹی پی, رمز یکبار,
رمز پویا,
-कोड-, ओटीपी, पासकोड, पिन, वन टाइम पासवर्ड, -কোড-, -ওটিপি-, કોડ-, ઓટીપી, ਕੋਡ-, ਓਟੀਪੀ, குறியீடு-, கடவுக்குறியீடு-,
ஓடிபி, கடவுச்சொல்-,
కోడ్-, ఓటీపీ, ಕೋಡ್-, ಒಟಿಪಿ, കോഡ്-, ഒടിപി, කේතය, -รหัส-, -ລະຫັດ-, -លេខកូដ-, -កូដ-, -ကုဒ်-, ኮድ-,
ma xac-, ma otp, ma moi, ma dang nhap, ma bao mat, ma kich hoat, ma pin, ma cua, ma cho, ma so, ma truy cap, ma bi mat,
-コード-, -認証番号-, -確認番号-, -暗証番号-, -パスコード-, -ワンタイムパスワード-, -ワンタイム-, -確認キー-,
-認証キー-, -合言葉-, -照合番号-, -認証用番号-, -受付コード-,
-验证码-, -驗證碼-, -校验码-, -校驗碼-, -动态码-, -動態碼-, -动态密码-, -動態密碼-, -动态口令-, -口令-, -激活码-,
-啟用碼-, -认证码-,
-認證碼-, -确认码-, -確認碼-, -安全码-, -安全碼-, -随机码-, -一次性密码-, -一次性密碼-, -登录码-, -登入碼-, -识别码-,
-識別碼-, -短信码-, -验证代码-, -驗證代碼-, -安全代码-, -安全代碼-, -校验代码-, -授权码-, -授權碼-, -登录密码-,
-登入密碼-, -交易密碼-, -交易密码-, -otp密碼-,
-인증번호-, -인증 번호-, -인증키-, -인증코드-, -확인번호-, -승인번호-, -코드-, -일회용-
"""

#: Weaker: such a word is also what people choose for themselves.
_KEYWORDS = """
password, passwort, token, pass code, -wachtwoord, mot de passe, contrasena, senha, parola, losenord-, passord-,
salasana-, parool,
haslo, heslo-, lozinka, jelszo-, jelszava, пароль-, парола-, סיסמ-, كلمة المرور, كلمة السر, पासवर्ड, পাসওয়ার্ড,
mat khau, kata sandi, kata laluan, -パスワード-, -密码-, -密碼-, -비밀번호-
"""

#: What makes a number something else, also where it says "code".
_OTHER = """
promo code-, promotion code, promotional code, discount code-, coupon code-, coupon, voucher-, gift code, gift card-,
offer code, referral code, zip code-, zip, postal code-, postcode-, post code, area code, country code,
dialling code,
dialing code, qr code-, qr-code-, qr, bar code-, barcode-, source code, code review-, code freeze, dress code,
error code-, exit code-, status code-, response code, booking code, reservation code, tracking code, shipping code,
sort code, swift code, bank code, product code, item code, style code, stock code, code of, code base, tax code,
pick-up code, pickup code, collection code, class code, customer code, client code, vendor code, company code,
course code, project code, flight code, route code, employee code, staff code, student code, badge code,
gift card code, license code, short code-, shortcode-, reward code-, rewards code, bonus code-,
license key, serial key, sample code, code snippet, code sample, contact, contact us, whatsapp, dial, reach us,
reason code, reference code, ref code, ref. code, invoice code, order code, hotel code, zip+4, genetic code,
morse code, color code, colour code,
order-, orders, invoice-, receipt-, bill, ticket-, case-, request, requests, request id, reference-, ref, ref no,
booking-, reservation-,
confirmation number, confirmation no, tracking-, track, parcel, package-, shipment-, delivery, policy-, contract-,
customer-, client no, member-, membership-, patient-, account, a/c, card, cards, ending, ending in, ends in, phone-,
tel, telephone-, call, fax, mobile, hotline, ext, extension, reply, text stop, street, avenue, road, suite, po box,
p.o. box, serial-, model, version, build, firmware, company no, registration-, charity no, vat-, iban, bic, amount,
total, balance, price, sum, pay, paid, due, since, room, gate, flight, bus, train, seat, meeting id, webinar id,
conference id, device id, session, employee-, agent, rfc, chapter, issue-, license, licence, fee, worth, apartment,
location, ip, ip address, timestamp, ts, id,
approval number, code word, code name, code names, tan line, pin pad, pin entry,
hex code, penal code, building code, civil code, morse, product-, article-, item-, merchant-, password policy,
password list,
document, documents, file, police, poliza, polizza, polis-, apolice, polic-, vertrag-, contrat, contrato, contratto,
umowa, smlouv-,
договор-, полис-, hs code, hts code, tariff code, commodity code, customs code, jobs, job, task, штрих-код-,
штрихкод-, qr-код-, бар-код-,
voucher code-, redeem code, redemption code, collect code, gate code, door code, locker code,
code de retrait, code retrait, codigo de recogida, codigo de retirada, codigo de entrega, codice ritiro,
codice di ritiro, codice consegna,
-afhaalcode-, -hamtkod-, -utlamningskod-, -afhentningskode-, -hentekode-, -noutokoodi-, kod pro vyzvednuti,
kod na vyzvednuti, kod na prevzatie,
atveteli kod, cod ridicare, cod de ridicare, teslimat kodu, teslim kodu, kode pengambilan, ma nhan hang, код выдачи,
код за получаване, код отримання,
קוד איסוף, رمز الاستلام, كود الاستلام, -受取番号-, -受取コード-, -픽업코드-, -픽업번호-,
-gutscheincode-, -gutschein-, -rabattcode-, -aktionscode-, -kupon-, -buchungscode-, -fehlercode-, -abholcode-,
-strichcode-,
postleitzahl, plz, -quellcode-, -bestellnummer-, bestellung-, auftrag-, -auftragsnummer-, -rechnungsnummer-,
rechnung-,
-kundennummer-, kunden-nr, -vertragskonto-, konto-, kontonummer-, karte, -sendungsnummer-, sendung-, paket-,
vorgang-,
-vorgangsnummer-, -kundencode-, -produktcode-, -artikelcode-, produkt-, artikel-, telefon-, betrag, summe, postfach,
hrb, ust-idnr, endend auf, versicherungsnummer,
code promo-, code de reduction, code postal, code barre-, code client, code de suivi, code avantage, code cadeau,
commande-, facture-, colis-, suivi, produit-, code ape, code naf, code article, porte, carte, compte, montant,
adherent-, telephone, dossier-,
se terminant par, siret, rcs, capital,
codigo postal, codigo de descuento, codigo promocional, codigo de barras, codigo de rastreio, codigo de seguimiento,
codigo de rastreamento, codigo de reserva, codigo de desconto, codigo de cliente, cupon, cupom, pedido-, factura-,
fatura-,
producto-, produto-, articulo-, artigo-, cliente, clientes, tarjeta-, cartao, cuenta, conta, importe, valor, envio-,
seguimiento, telefono-, telefone, cep, cnpj, cpf, nif, cif,
terminada en, final,
prodotto, articolo, codice sconto, codice promo-, codice postale, codice fiscale, codice cliente, codice tracking,
codice di tracciamento,
codice spedizione, codice prenotazione, codice a barre, ordine-, fattura-, carta, conto, importo, cap, p.iva,
telefono,
codi postal, -klantcode-, -productcode-, -kundkod-, -kundekode-, -produktkod-, -varekode-, -tuotekoodi-,
kortingscode-, actiecode-, cadeaucode, streepjescode, bestelnummer-, bestelling-, factuur-, klantnummer-,
pakket-, rekening-, postbus, kvk, zendingsnummer, pas,
rabattkod-, rabatkode, postnummer-, postnr, ordrenummer-, ordernummer-, bestillings-, faktura-, kundnummer-,
kundenummer-,
-nummeret, konto, kort, arende-, cvr, org.nr-, alennuskoodi-, tilausnumero-, tilaus-, lasku-, viitenumero-,
asiakasnumero-, y-tunnus, postinumero-,
produktu, klienta, zakaznika, vyrobku, zbozi, termekkod-, ugyfelkod-, produsului, clientului, kod rabatowy,
kod promocyjny, kod pocztowy, kod odbioru, kod kreskowy, kod paczki, kod przesylki, zamowien-, faktur-,
numer-, rachunek, rachunk-, karta, karty, kwota, nip, regon, krs, przesylk-, paczk-, telefon,
slevovy kod, kod kuponu, psc, objednavk-, faktura, ucet, castka, ico, zlavovy kod, cislo-, zasilk-, zasielk-,
kuponkod-, rendeles-, szamla-, osszeg-, iranyitoszam, ugyfelszam-, ugyfelszolgalat, cod postal, cod promo-,
cod de reducere,
comanda, factura, suma, indirim kodu-, urun kodu-, musteri kodu-, kampanya kodu, kupon kodu, posta kodu, siparis-,
kargo-, tutar-, hesap,
kart, abone no, musteri no, mersis-, promo kod, kod za popust, narudzb-, racun-, postanski broj, pib, oib, broj,
kode produk, kode pelanggan, kode barang, kode pos, kode promo, kode voucher, kode kupon, kode diskon, kode pesanan,
kode booking, pesanan, nomor-, kod pos,
kod promosi, kod diskaun, ma san pham, ma khach hang, ma giam gia, ma khuyen mai, ma don hang, ma van don,
ma buu dien, don hang, so tien,
sdt, msimbo wa posta, msimbo wa punguzo, agizo,
товар-, артикул-, клиента, товару, клієнта, промокод-, код скидки, код купона, почтовый код, код заказа,
код отправления, код получения, код города, код ошибки,
заказ-, счет, счёт, чек, чека, трек-номер-, номер-, карт-, сумм-, телефон-, тел, инн, фн, фд, фпд, огрн, баланс,
сдача,
код знижки, код замовлення, замовлення-, рахунок-, рахунку, особовий, поштовий код, індекс, индекс, поръчка-,
фактура-,
сметка-, наруџб-,
κωδικος αποστολης, κωδικος εκπτωσης, κωδικος προσφορας, ταχυδρομικος κωδικας, κουπονι-, παραγγελια-, τιμολογιο-, τ.κ,
αφμ,
τηλ, λογαριασμ-, αριθμ-,
קוד המוצר, קוד מוצר, קוד לקוח, מוצר, קוד קופון, קוד הנחה, קוד מבצע, מיקוד, הזמנה, מספר, חשבון, כרטיס, טלפון,
מוקד שירות, סכום, ח.פ,
رمز المنتج, كود المنتج, رمز العميل, المنتج, رمز الخصم, كود الخصم, كود خصم, رمز بريدي, الرمز البريدي, رمز القسيمة,
رقم الطلب, -طلب-, رقم التتبع, رقم الحساب, الحساب,
فاتورة-, الفاتورة, بطاقة-, هاتف-, المبلغ, کد تخفیف, کد پستی, کد رهگیری, سفارش-, حساب, کارت, مبلغ, تلفن,
पिन कोड, कूपन कोड, प्रोमो कोड, ऑर्डर-, राशि, खाता, कार्ड, फोन, ऑर्डर नंबर,
รหัสไปรษณีย์, รหัสส่วนลด, โค้ดส่วนลด, -รหัสสินค้า-, -รหัสลูกค้า-, -คำสั่งซื้อ-, -หมายเลข-, -โทร-, -บัญชี-, -บัตร-,
-จำนวนเงิน-, -ยอด-, -ref-,
-クーポンコード-, -クーポン-, -割引コード-, -プロモーションコード-, -郵便番号-, -qrコード-, -バーコード-,
-商品コード-, -コード番号-, -顧客コード-, -店舗コード-, -銀行コード-, -予約番号-, -注文番号-,
-ご注文番号-, -受付番号-, -伝票番号-, -お荷物番号-, -追跡番号-, -会員番号-, -お客様番号-, -口座-, -カード-, -金額-,
-合計-, -電話-, -お問い合わせ-, -〒-,
-商品编码-, -商品編號-, -编码-, -編號-, -优惠码-, -優惠碼-, -折扣码-, -折扣碼-, -兑换码-, -取件码-, -取货码-,
-取貨碼-, -提货码-, -邮政编码-, -邮编-, -二维码-, -条形码-, -订单-, -訂單-, -单号-,
-單號-, -快递-, -账号-, -帳號-, -帐号-, -尾号-, -末五碼-, -卡号-, -金额-, -余额-, -电话-, -客服-, -运单-, -icp备-,
-备案-,
-쿠폰 코드-, -상품코드-, -상품 코드-, -고객코드-, -쿠폰코드-, -쿠폰-, -할인코드-, -우편번호-, -주문번호-, -송장번호-,
-운송장-, -계좌-, -카드번호-, -금액-, -고객센터-, -전화-, -사업자등록번호-, -큐알코드-
"""

#: Sentences that ask to type what follows.
_ENTER = """
enter, entering, use, using, type, typing, type in, tap in, key in, enter in, input, copy, following number, paste,
say, provide, submit, the new one is, der neue lautet, der neue ist, le nouveau est, el nuevo es, o novo e, il nuovo e,
eingeben, gib, geben sie, verwende-, nutze-,
saisissez, saisir, entrez, utilisez, introduce, introduzca, ingresa, ingrese, escribe, usa, utiliza, digite, insira,
informe, inserisci, inserire, utilizza, digita, voer, gebruik, vul, ange, anvand, skriv, tast, indtast, brug, bruk,
syota, kayta, kirjoita, sisesta, ievadiet, iveskite, wpisz, podaj, uzyj, zadejte, zadajte, opiste, pouzijte, add meg,
irja be, introduceti, introdu, folositi, unesite, upisite, vnesite, girin-, giriniz, yazin, yaziniz, kullanin-,
invoeren,
введите, введіть, ввести, используйте, въведете, унесите, εισαγετε, πληκτρολογηστε, הזן, הזינו, להזין, הקלד-,
أدخل, ادخل, استخدم, إدخال, وارد کنید, درج کریں, दर्ज, डालें, प्रविष्ट, उपयोग, इस्तेमाल, वापर-, ব্যবহার-, লিখুন,
உள்ளிடவும்,
masukkan, gunakan, guna, nhap, su dung, ilagay, gamitin, weka, ingiza, tumia, -กรอก-, -ใส่-, -ใช้-,
-入力-, -ご利用ください-, -使用-, -输入-, -輸入-, -填写-, -填寫-, -입력-, -사용-
"""

#: What such messages are about.
_SIGN_IN = """
sign in, sign-in, signin, signing in, signed in, sign up, sign-up, signing up, log in, log-in, login, logging in,
verify-, verification-, confirm,
confirmation, authenticat-, authoriz-, authoris-, approve, activate, activation, account recovery,
anmeld-, einloggen, bestatig-,
verifizier-, freigabe, connexion, connecter, verifi-, valider, confirmer,
iniciar sesion, acceder, acceso, confirmar, autorizar, validar, cadastro, anzumelden, acessar, accedere, accesso,
autoriza, autorice, autorize, autorizza, accede, acceda, acceder, entrar, valida, validez, confirme, confirma,
confirmez,
approuver, godkann-, godkend-, godkjenn-, hyvaksy-, zatwierdz-, schval-, jovahagy-, aproba-, одобр-, схвал-,
-bestaetig-, zahlung, freizugeben, registrier-, registrer-, registrar, enregistrer,
conferma-, autorizzare,
inloggen, bevestig-, logga in, logge inn, logge ind, logg inn, bekraft-, bekreft-, kirjaudu-, vahvista-, zalog-,
logowan-,
potwierdz-, weryfik-, prihlas-, overen-, overit, potvrd-, belep-, ellenor-, autentific-, conect-,
giris-, onay-, dogrula-, войти, вход-, подтвер-, авториз-, вхід, увійти, підтвердж-, потвърж-, потврд-,
συνδεσ-, επαληθευσ-, επιβεβαιωσ-, -אימות-, -כניסה-, -להיכנס-, -تحقق-, -الدخول-, -تسجيل-, -تأكيد-, -تفعيل-, -ورود-,
-تایید-, -تصدیق-,
सत्यापन-, लॉगिन-, যাচাই-, சரிபார்ப்பு-, verifikasi-, masuk, xac thuc, xac nhan, dang nhap, thibitish-, -ยืนยัน-,
-เข้าสู่ระบบ-,
-認証-, -ログイン-, -確認-, -登録-, -登录-, -登入-, -驗證-, -验证-, -注册-, -註冊-, -绑定-, -인증-, -로그인-, -확인-
"""

_TOPIC = """
two-factor, two-step, 2-step, device, security, access, account, sign, zugang, konto, compte, cuenta, conta, конто,
аккаунт,
unterzeichn-, unterschreib-, signer, firmar, assinar, firmare, onderteken-, underteckna, underskriv-, allekirjoit-,
podpis-, подпис-, підпис-,
alair-, semna-, imzala-, υπογραφ-, -חתימה-, -توقيع-, -手続き-, -署名-, -签署-, -簽署-, -서명-, ky ten, tanda tangan
"""

_EXAMPLE = "such as, for example, e.g, example, typical"

#: What stands before a code that is not the one to use, or behind it at the end of its sentence.
_OLD = """
ignore code, ignore the code, disregard code, disregard the code, ignorez le code, ignora el codigo, ignore o codigo,
ignora il codice, negeer code,
old, older, previous, earlier, former, expired code, expired codes, outdated code, alter, alte, alten, vorherige,
vorheriger, fruhere, fruherer, bisherige, bisheriger, ancien, precedent, anterior, antiguo, antigo, precedente,
vecchio, vorige, oude, poprzedni, stary, predchozi, predosly, stare, tidigare, gamla, tidligere, gamle, forrige,
vanha, edellinen, aiempi, eski, onceki, ma cu, ma otp cu, lama,
старый, предыдущий, прежний, попередній, старий, предишният, προηγουμεν-, παλιος,
-السابق-, -القديم-, -قبلی-, הקודם, הישן, पुराना, पिछला,
-以前の-, -古い-, -前回の-, -旧-, -舊-, -之前的-, -이전-, -รหัสเดิม-, -รหัสเก่า-
"""

#: What is said behind a code that has had its time. "Expires in five minutes" is said of one that has not.
_LAPSED = """
expired, outdated, not valid, no longer, timed out, is void, voided, is invalid, was invalid, was wrong, is wrong,
is incorrect, was incorrect, was cancelled,
was canceled, been cancelled, been canceled, was replaced, been replaced, was used, been used, already used,
already been used, ist ungultig, abgelaufen, nicht mehr gultig, a expire, plus valable, plus valide, ha caducado,
ha expirado, ya no es valido, expirou, ja nao e valido, e scaduto, non e piu valido, is verlopen, niet meer geldig,
wygasl, stracil waznosc, jiz neplati, uz neplati, vyprsel, vyprsela, galler inte langre, har gatt ut, galder ikke,
gjelder ikke, er udlobet, er utlopt, vanhentunut, ei ole enaa voimassa, artik gecersiz, suresi doldu, suresi dolmustur,
lejart, a expirat, nu mai este valabil, истек, истекла, больше не действует, больше недействителен, недійсний, минув,
закінчився, εληξε, δεν ισχυει πλεον, لم يعد صالحا, انتهت صلاحيت-, منقضی شد-, פג תוקף, פג תוקפו, אינו בתוקף, לא בתוקף,
मान्य नहीं है, समाप्त हो गया, समाप्त हो चुका, -は無効です-, -無効になりました-, -期限切れ-, -已失效-, -已过期-, -已過期-,
-已作废-, -已作廢-, -は使えません-, -더 이상 사용할 수 없-,
-만료되었-, -만료된-, da het han, kedaluwarsa, telah tamat tempoh, -หมดอายุแล้ว-
won't work, was entered, been disabled, been blocked, been deleted, wurde ersetzt, funktioniert nicht mehr,
gilt nicht mehr, ne fonctionne plus, ne marche plus, n'est plus bon,
ya no sirve, ya no vale, ya no funciona, nao funciona mais, ja nao funciona, nao vale mais, non funziona piu,
non vale piu, werkt niet meer, geldt niet meer, juz nie dziala, jest niewazny, uz nefunguje, fungerar inte, virker ikke,
ei enaa toimi, ei toimi enaa, artik gecerli degil, больше не работает, більше не діє, більше не працює,
δεν ισχυει πια, nu mai e valabil, mar nem ervenyes, لم يعد يعمل, כבר לא תקף, khong con hieu luc, sudah tidak berlaku,
-ใช้ไม่ได้แล้ว-
"""

_RECEIPT = "approved, terminal, batch, subtotal, approval number"

_MEETING = """
meeting id, webinar id, conference id, join zoom, dial in, dial-in, one tap mobile, meeting-id, id de reunion,
идентификатор конференции, 会议号, 會議號, ミーティングid, 회의 id
"""

_OFFER = """
coupon, coupons, promo, promotion, promotional, discount, discounts, gift card, giftcard, voucher, vouchers,
checkout, save up to, barista, cashier, in store, in-store, at the till, -领券-, -满减-, -立减-,
cashback, on sale, flash sale, our sale, the sale, loyalty, gutschein-, rabatt-, einkauf, sparen, remise, reduction,
soldes, descuento, cupon, oferta, desconto,
cupom, sconto, buono, offerta, korting, rabat, alennus, znizk-, slev-, zlav-, kupon-, reducere, indirim-, kampanya,
diskon-, giam gia,
скидк-, промокод-, знижк-, отстъпк-, εκπτωσ-, προσφορ-, -הנחה-, -קופון-, -خصم-, -كوبون-, -قسيمة-, -تخفیف-, छूट, कूपन,
-ส่วนลด-,
-クーポン-, -割引-, -优惠-, -優惠-, -折扣-, -쿠폰-, -할인-
"""

WORDS = Vocabulary(
    {
        CODE: _CODE,
        PASSWORD: _KEYWORDS,
        MEETING: _MEETING,
        OTHER: _OTHER,
        OFFER: _OFFER,
        RECEIPT: _RECEIPT,
        ENTER: _ENTER,
        SIGN_IN: _SIGN_IN,
        TOPIC: _TOPIC,
        OLD: _OLD,
        LAPSED: _LAPSED,
        EXAMPLE: _EXAMPLE,
    }
)
