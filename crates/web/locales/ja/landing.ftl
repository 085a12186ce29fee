landing-saved = 保存しました。設定は今から有効です。
landing-nothing = 何も変更されていません。
landing-closed-title = このページは終了しました
landing-closed-lead = すでに終了しているため、ここでは変更できません。お客様の設定は元のままです。
landing-no-person = メッセージにあるリンクからこのページを開いてください。どなたの設定かがわかります。
landing-preview = プレビューです。何も記録されません。
