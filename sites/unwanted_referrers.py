"""Where do shops send their visitors to pay, to confirm a payment or to sign in?"""

# Where shops send their visitors to pay, to confirm a payment or to sign in: what
# `sites.models.Site.unwanted_referrers` begins with.
RETURNS = {
    "payment": """
        paypal.com klarna.com checkout.stripe.com buy.stripe.com pay.stripe.com hooks.stripe.com invoice.stripe.com
        adyen.com mollie.com
        pay.google.com pay.amazon.com payments.amazon.com payments.amazon.de payments.amazon.co.uk checkout.shopify.com
        pay.shopify.com shop.app
        checkout.square.site squareup.com braintreegateway.com authorize.net worldpay.com checkout.com sagepay.com
        2checkout.com
        afterpay.com clearpay.co.uk affirm.com sezzle.com sofort.com giropay.de paydirekt.de ideal.nl twint.ch
        postfinance.ch saferpay.com
        datatrans.com computop-paygate.com payone.com ogone.com multisafepay.com unzer.com gocardless.com
        paysafecard.com skrill.com trustly.com
        przelewy24.pl tpay.com payu.com vipps.no mobilepay.dk nets.eu bambora.com quickpay.net razorpay.com
        mercadopago.com alipay.com
    """,
    "3-D Secure": """
        cardinalcommerce.com arcot.com 3dsecure.io securesuite.co.uk securesuite.net wlp-acs.com rsa3dsauth.com
        touchtechpayments.com
    """,
    "sign-in": """
        accounts.google.com accounts.youtube.com appleid.apple.com idmsa.apple.com login.microsoftonline.com
        login.live.com login.yahoo.com
        id.twitch.tv api.twitter.com oauth.vk.com id.vk.com passport.yandex.ru oauth.yandex.ru nid.naver.com
        kauth.kakao.com access.line.me
        auth0.com okta.com onelogin.com amazoncognito.com b2clogin.com ciamlogin.com bankid.com
    """,
}
