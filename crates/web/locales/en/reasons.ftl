# After the opt-out, which stands whatever is said here. Offered, never asked first.
reasons-title = Say why, if you like
reasons-lead = You are unsubscribed either way.
reason-too-many = Too many messages
reason-not-relevant = Not what I am interested in
reason-never-asked = I never asked for them
reason-other-address = I use another address
reason-other = Another reason
reason-text = In your own words (optional)
reason-send = Send
reasons-thanks = Thank you, that has been noted.
others-title = Other choices
others-lead = Fewer messages, a pause, single lists, another language: you can set all that, too.
