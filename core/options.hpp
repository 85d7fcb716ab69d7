#pragma once
// Option tables: name, member, default, range, one line of meaning. From a table derive validation messages, the Python signature, the
// command's flags, config keys, the .pyi and the reference page; there is no second list.

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "entrospect/core/errors.hpp"
#include "entrospect/core/unit.hpp"

namespace entrospect {

using OptionValue = std::variant<bool, std::int64_t, double, std::string>;
using OptionMap = std::vector<std::pair<std::string, OptionValue>>;

std::string to_text(const OptionValue& value);  // shortest text that reads back as the same value

// Range of a number; an end may be open. `inf` is in the range only if `high` is infinite and closed.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = true;
};
std::string to_text(const Range& range);  // "[0, inf]", "(0, 1)"

enum class FieldKind { boolean, integer, number, choice, number_or_choice };

struct FieldInfo {
  std::string name;
  FieldKind kind = FieldKind::number;
  OptionValue default_value;
  Range range;
  std::vector<std::string> choices;  // of choice and number_or_choice
  std::string help;
};

// Checks kind, range and choices and returns the value in the field's own kind ("2" -> 2, 1 -> 1.0, "inf" -> infinity).
// `who` is the estimator. Throws InvalidArgument / WrongType naming the value and what is allowed.
OptionValue checked(const FieldInfo& field, const OptionValue& value, std::string_view who);

// The one of `names` that was probably meant: it is few edits away, or `name` is its beginning. Empty when there is none.
std::string nearest(std::string_view name, std::span<const std::string> names);
// "; did you mean 'x'?" with the nearest name, or `otherwise`.
std::string did_you_mean(std::string_view name, std::span<const std::string> names, std::string_view otherwise = "");

template <class Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

// `Options` is an aggregate; `member` is a function that returns a reference to one of its (possibly nested) members.
template <class Options>
class FieldTable {
 public:
  struct Entry {
    FieldInfo info;
    std::function<OptionValue(const Options&)> get;
    std::function<void(Options&, const OptionValue&)> set;  // value already checked
  };

  template <class Member>
  FieldTable& flag(std::string name, Member member, std::string help) {
    return add(
        {std::move(name), FieldKind::boolean, member(defaults_), {}, {}, std::move(help)},
        [member](const Options& o) -> OptionValue { return member(const_cast<Options&>(o)); },
        [member](Options& o, const OptionValue& v) { member(o) = std::get<bool>(v); });
  }
  template <class Member>
  FieldTable& integer(std::string name, Member member, Range range, std::string help) {
    return add(
        {std::move(name), FieldKind::integer, static_cast<std::int64_t>(member(defaults_)), range, {}, std::move(help)},
        [member](const Options& o) -> OptionValue { return static_cast<std::int64_t>(member(const_cast<Options&>(o))); },
        [member](Options& o, const OptionValue& v) {
          using T = std::remove_reference_t<decltype(member(o))>;
          member(o) = static_cast<T>(std::get<std::int64_t>(v));
        });
  }
  template <class Member>
  FieldTable& number(std::string name, Member member, Range range, std::string help) {
    return add(
        {std::move(name), FieldKind::number, static_cast<double>(member(defaults_)), range, {}, std::move(help)},
        [member](const Options& o) -> OptionValue { return static_cast<double>(member(const_cast<Options&>(o))); },
        [member](Options& o, const OptionValue& v) { member(o) = std::get<double>(v); });
  }
  template <class Member, class Enum>
  FieldTable& choice(std::string name, Member member, Choices<Enum> choices, std::string help) {
    const auto text = [choices](Enum e) {
      for (const auto& [word, value] : choices)
        if (value == e) return word;
      return std::string();
    };
    const auto pick = [choices](const std::string& word) {
      for (const auto& [candidate, value] : choices)
        if (candidate == word) return value;
      throw InvalidArgument("unknown choice '" + word + "'");  // unreachable: the value was checked
    };
    return add(
        {std::move(name), FieldKind::choice, text(member(defaults_)), {}, words(choices), std::move(help)},
        [member, text](const Options& o) -> OptionValue { return text(member(const_cast<Options&>(o))); },
        [member, pick](Options& o, const OptionValue& v) { member(o) = pick(std::get<std::string>(v)); });
  }
  // A member of type std::variant<double, Enum>: a number in `range`, or one of the words.
  template <class Member, class Enum>
  FieldTable& number_or_choice(std::string name, Member member, Range range, Choices<Enum> choices, std::string help) {
    const auto read = [choices](const std::variant<double, Enum>& m) -> OptionValue {
      if (const double* number = std::get_if<double>(&m)) return *number;
      for (const auto& [word, value] : choices)
        if (value == std::get<Enum>(m)) return word;
      return std::string();
    };
    return add(
        {std::move(name), FieldKind::number_or_choice, read(member(defaults_)), range, words(choices), std::move(help)},
        [member, read](const Options& o) -> OptionValue { return read(member(const_cast<Options&>(o))); },
        [member, choices](Options& o, const OptionValue& v) {
          if (const double* number = std::get_if<double>(&v)) {
            member(o) = *number;
            return;
          }
          for (const auto& [word, value] : choices)
            if (word == std::get<std::string>(v)) member(o) = value;
        });
  }
  // Free text whose allowed values are given as a list (convention and compat ids).
  template <class Member>
  FieldTable& word(std::string name, Member member, std::vector<std::string> choices, std::string help) {
    return add(
        {std::move(name), FieldKind::choice, member(defaults_), {}, std::move(choices), std::move(help)},
        [member](const Options& o) -> OptionValue { return member(const_cast<Options&>(o)); },
        [member](Options& o, const OptionValue& v) { member(o) = std::get<std::string>(v); });
  }

  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const Entry* find(std::string_view name) const {
    for (const Entry& e : entries_)
      if (e.info.name == name) return &e;
    return nullptr;
  }
  [[nodiscard]] std::vector<FieldInfo> infos() const {
    std::vector<FieldInfo> out;
    for (const Entry& e : entries_) out.push_back(e.info);
    return out;
  }

 private:
  FieldTable& add(FieldInfo info, std::function<OptionValue(const Options&)> get, std::function<void(Options&, const OptionValue&)> set) {
    entries_.push_back({std::move(info), std::move(get), std::move(set)});
    return *this;
  }
  template <class Enum>
  static std::vector<std::string> words(const Choices<Enum>& choices) {
    std::vector<std::string> out;
    for (const auto& [word, value] : choices) out.push_back(word);
    return out;
  }

  Options defaults_{};
  std::vector<Entry> entries_;
};

}  // namespace entrospect
