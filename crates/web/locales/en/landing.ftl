# Around the pages that a brand makes itself.
landing-saved = Saved. Your choices count from now on.
landing-nothing = Nothing was changed.
landing-closed-title = This page is closed
landing-closed-lead = It is no longer open, so nothing can be changed here. Your choices are as they were.
landing-no-person = Open this page by the link in a message: then we know whose choices it is about.
landing-preview = Preview. Nothing is recorded.
