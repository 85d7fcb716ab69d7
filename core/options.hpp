#pragma once
// Option tables: name, member, default, range, one line of meaning. From a table derive validation messages, the Python signature, the
// command's flags, config keys, the .pyi and the reference page; there is no second list.

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
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

// An option and where its value lies. How that is read and written depends on the member's type alone, not on the aggregate.
struct Field {
  FieldInfo info;
  std::vector<std::int64_t> values{};        // the enumerators behind info.choices
  void* (*member)(void* options) = nullptr;  // its address in the aggregate
  OptionValue (*read)(const Field&, const void* member) = nullptr;
  void (*write)(const Field&, void* member, const OptionValue& checked) = nullptr;
};

namespace detail {
std::string word_of(const Field& field, std::int64_t value);  // "", which no check lets pass, where the aggregate holds another enumerator
std::int64_t value_of(const Field& field, const std::string& word);

template <class Enum>
OptionValue read_choice(const Field& field, Enum value) {
  return word_of(field, static_cast<std::int64_t>(value));
}
template <class T>
OptionValue read_choice(const Field& field, const std::variant<double, T>& value) {
  if (const double* number = std::get_if<double>(&value)) return *number;
  return read_choice(field, std::get<T>(value));
}
template <class Enum>
void write_choice(const Field& field, Enum& out, const OptionValue& value) {
  out = static_cast<Enum>(value_of(field, std::get<std::string>(value)));
}
template <class T>
void write_choice(const Field& field, std::variant<double, T>& out, const OptionValue& value) {
  if (const double* number = std::get_if<double>(&value))
    out = *number;
  else
    write_choice(field, out.template emplace<T>(), value);
}
}  // namespace detail

// The fields of an aggregate, whatever its type.
class Fields {
 public:
  [[nodiscard]] const std::vector<Field>& entries() const { return entries_; }
  [[nodiscard]] const Field* find(std::string_view name) const;
  [[nodiscard]] std::vector<FieldInfo> infos() const;
  // `options` is the aggregate that the table describes.
  [[nodiscard]] static OptionValue read(const Field& field, const void* options);
  static void write(const Field& field, void* options, const OptionValue& checked) { field.write(field, field.member(options), checked); }

 protected:
  // The default is read from `options`.
  void add(Field field, const void* options);

 private:
  std::vector<Field> entries_;
};

// `Options` is an aggregate; `member` is a lambda without captures that returns a reference to one of its (possibly nested) members.
template <class Options>
class FieldTable : public Fields {
 public:
  template <class Member>
  FieldTable& flag(std::string name, Member, std::string help) {
    return simple<Member, bool>({std::move(name), FieldKind::boolean, {}, {}, {}, std::move(help)});
  }
  template <class Member>
  FieldTable& integer(std::string name, Member, Range range, std::string help) {
    return simple<Member, std::int64_t>({std::move(name), FieldKind::integer, {}, range, {}, std::move(help)});
  }
  template <class Member>
  FieldTable& number(std::string name, Member, Range range, std::string help) {
    return simple<Member, double>({std::move(name), FieldKind::number, {}, range, {}, std::move(help)});
  }
  template <class Member, class Enum>
  FieldTable& choice(std::string name, Member, const Choices<Enum>& choices, std::string help) {
    return chosen<Member>({std::move(name), FieldKind::choice, {}, {}, {}, std::move(help)}, choices);
  }
  // A member of type std::variant<double, Enum>: a number in `range`, or one of the words.
  template <class Member, class Enum>
  FieldTable& number_or_choice(std::string name, Member, Range range, const Choices<Enum>& choices, std::string help) {
    return chosen<Member>({std::move(name), FieldKind::number_or_choice, {}, range, {}, std::move(help)}, choices);
  }
  // Free text whose allowed values are given as a list (convention and compat ids).
  template <class Member>
  FieldTable& word(std::string name, Member, std::vector<std::string> choices, std::string help) {
    return simple<Member, std::string>({std::move(name), FieldKind::choice, {}, {}, std::move(choices), std::move(help)});
  }

  [[nodiscard]] OptionValue get(const Field& field, const Options& options) const { return read(field, &options); }
  void set(const Field& field, Options& options, const OptionValue& checked) const { write(field, &options, checked); }

 private:
  template <class Member>
  using TypeOf = std::remove_reference_t<std::invoke_result_t<Member, Options&>>;

  template <class Member>
  static void* address(void* options) {
    return &Member{}(*static_cast<Options*>(options));
  }
  // A member that becomes an OptionValue as a `Value`.
  template <class Member, class Value>
  FieldTable& simple(FieldInfo info) {
    using T = TypeOf<Member>;
    add({std::move(info),
         {},
         &address<Member>,
         [](const Field&, const void* m) -> OptionValue { return static_cast<Value>(*static_cast<const T*>(m)); },
         [](const Field&, void* m, const OptionValue& v) { *static_cast<T*>(m) = static_cast<T>(std::get<Value>(v)); }},
        &defaults_);
    return *this;
  }
  template <class Member, class Enum>
  FieldTable& chosen(FieldInfo info, const Choices<Enum>& choices) {
    using T = TypeOf<Member>;
    Field field{std::move(info),
                {},
                &address<Member>,
                [](const Field& f, const void* m) { return detail::read_choice(f, *static_cast<const T*>(m)); },
                [](const Field& f, void* m, const OptionValue& v) { detail::write_choice(f, *static_cast<T*>(m), v); }};
    for (const auto& [word, value] : choices) {
      field.info.choices.push_back(word);
      field.values.push_back(static_cast<std::int64_t>(value));
    }
    add(std::move(field), &defaults_);
    return *this;
  }

  Options defaults_{};
};

}  // namespace entrospect
