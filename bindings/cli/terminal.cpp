#include "entrospect/bindings/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "entrospect/bindings/io/results.hpp"

namespace entrospect::cli {

Style style_of(int descriptor) {
  Style style;
  style.terminal = isatty(descriptor) != 0;
  winsize size{};
  if (style.terminal && ioctl(descriptor, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr) {
    const std::string_view text = columns;
    std::size_t width = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), width);
    if (error == std::errc{} && stop == text.data() + text.size()) style.width = width;
  }
  if (!style.terminal) return style;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  style.color = (no_color == nullptr || *no_color == '\0') && (term == nullptr || std::strcmp(term, "dumb") != 0);
  return style;
}

std::string inked(std::string_view text, Ink ink, const Style& style) {
  constexpr std::array<const char*, 5> codes{"", "\033[1m", "\033[2m", "\033[31m", "\033[33m"};
  if (!style.color || ink == Ink::plain || text.empty()) return std::string(text);
  return codes.at(static_cast<std::size_t>(ink)) + std::string(text) + "\033[0m";
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1 : 0;  // not a continuation byte
  return width;
}

std::string padded(std::string_view text, std::size_t width, bool right) {
  const std::size_t used = width_of(text);
  const std::string blanks(width > used ? width - used : 0, ' ');
  return right ? blanks + std::string(text) : std::string(text) + blanks;
}

std::string wrapped(std::string_view text, std::size_t indent, const Style& style) {
  std::string out;
  std::size_t used = 0;
  const std::string margin(indent, ' ');
  for (std::size_t begin = 0; begin < text.size();) {
    // A word with the blanks before it, which go when the line is broken there.
    const std::size_t first = std::min(text.find_first_not_of(' ', begin), text.size());
    const std::size_t end = std::min(text.find(' ', first), text.size());
    const std::size_t width = width_of(text.substr(begin, end - begin));
    if (style.width != 0 && used > indent && used + width > style.width) {
      out += '\n' + margin + std::string(text.substr(first, end - first));
      used = indent + width_of(text.substr(first, end - first));
    } else {
      out += text.substr(begin, end - begin);
      used += width;
    }
    begin = end;
  }
  return out + '\n';
}

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    throw io::OutputError(std::string("cannot write to standard output: ") + std::strerror(errno));
}

void flush() {
  if (std::fflush(stdout) != 0) throw io::OutputError(std::string("cannot write to standard output: ") + std::strerror(errno));
}

void note(std::string_view text) {
  const std::string line = std::string(text) + '\n';
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 6> units{"B", "kB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < units.size()) {
    bytes /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || bytes >= 99.95 ? "%.0f %s" : "%.1f %s", bytes, units.at(unit));
  return text.data();
}

}  // namespace entrospect::cli
