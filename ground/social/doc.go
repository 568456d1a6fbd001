// Package social is where posts come in and replies go out, one part a channel.
//
// File import ([DecodePosts]) reads CSV (UTF-8 with or without BOM, "," or ";", quoted
// newlines) and JSONL. Columns: channel, external_id, conversation_id, author_id, author_name,
// author_handle, text, lang, created_at (RFC 3339 or epoch), in_reply_to, url; other columns
// are ignored. The columns tweet_id, author, tweet_created and text_fixed of the well-known
// airline set are understood too. [DecodeAnswers] reads past answers by the same rules.
//
// Invariants:
//   - A row is either taken whole or refused with its line, field and reason; a refused row
//     never stops the rows behind it.
//   - An id is text from the first byte to the last: 18-19 digits do not fit a float, so an id
//     that a spreadsheet turned into 5.70306E+17 is refused rather than guessed.
//   - A post without an id gets one made of its content ("h:" and hex), the same at every
//     import, so that (channel, external id) stays unique for ever.
//   - Post.Raw is the row as received and stays on ground; Post.Text went through [Clean].
//
// A reason names what is wrong and what to do, and repeats no text, name or id of the row.
package social
