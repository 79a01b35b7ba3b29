// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace eigensweep::text {

/// The candidate nearest to `name` by edit distance (insert, delete, replace, swap of neighbours; "FGSM" is "fgsm"), if
/// it is near enough to be what the user meant; empty otherwise.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);
/// "; did you mean 'x'?" or, without a near name, "; known are 'a', 'b', 'c'" (or nothing when there are no
/// candidates).
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates);
/// 'a', 'b', 'c'
std::string quoted_list(const std::vector<std::string>& names);
/// 1234567 -> "1,234,567"
std::string thousands(long long value);
/// "1 trial", "1,234 trials".
std::string counted(long long count, std::string_view noun);
/// Seconds for people: "0.4 s", "12 s", "3 min 20 s", "2 h 05 min", "3 d 4 h".
std::string duration(double seconds);
/// Bytes for people, binary units: "512 B", "1.5 KiB", "3.2 GiB".
std::string bytes(double count);
/// Operations for people: "3.2 GFLOP", "1.1 PFLOP".
std::string flops(double count);
/// A float as the shortest text that reads back to the same value.
std::string number(double value);
/// The first line of a text, without the line end.
std::string first_line(std::string_view text);

/// One word of a POSIX shell's command line, so that a printed command can be pasted. A word without characters that
/// are special to a shell stays as it is; another is quoted: 'my runs', 'don'\''t'.
std::string shell_quote(std::string_view word);
/// The same for a path: one that begins with a dash becomes "./-x", because a command would take it for an option.
std::string shell_path(const std::filesystem::path& path);

/// Whether a text is UTF-8: JSON and results files hold nothing else.
bool is_utf8(std::string_view text);
/// A text that a message can show in one line: bytes outside printable ASCII as "\xe9".
std::string printable(std::string_view text);
/// A message as one line that cannot control a terminal: control characters are escaped as in JSON, "\n", "\u001b".
std::string one_line(std::string_view message);

}  // namespace eigensweep::text
