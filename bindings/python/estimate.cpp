#include "entrospect/bindings/python/estimate.hpp"

#include <pybind11/stl.h>

#include <limits>
#include <tuple>

#include "entrospect/bindings/io/json.hpp"
#include "entrospect/bindings/python/bind.hpp"
#include "entrospect/bindings/python/convert.hpp"
#include "entrospect/core/estimate.hpp"

namespace py = pybind11;

namespace entrospect::python {
namespace {

template <class T>
py::object optional(const std::optional<T>& value) {
  return value ? py::cast(*value) : py::object(py::none());
}

py::object null_state(const Estimate& e) {
  if (!e.null) return py::none();
  const NullSummary& null = *e.null;
  return py::make_tuple(null.method, null.count, null.mean, null.sd, null.central.low, null.central.high, null.p_value);
}

std::optional<NullSummary> null_of(const py::handle& state) {
  if (state.is_none()) return std::nullopt;
  const auto [method, count, mean, sd, low, high, p] =
      py::cast<std::tuple<std::string, std::size_t, double, double, double, double, double>>(state);
  return NullSummary{method, count, mean, sd, {low, high}, p};
}

py::object interval(const Estimate& e) {
  return e.interval ? py::object(py::make_tuple(e.interval->low, e.interval->high)) : py::object(py::none());
}

std::vector<std::string> flag_names(const Estimate& e) {
  std::vector<std::string> out;
  for (const Status s : e.flags) out.emplace_back(name(s));
  return out;
}

py::dict diagnostics(const Estimate& e) {
  py::dict out;
  for (const auto& [name, value] : e.diagnostics.items()) out[py::str(name)] = to_python(value);
  return out;
}

py::list option_items(const OptionMap& options) {
  py::list out;
  for (const auto& [name, value] : options) out.append(py::make_tuple(name, value));
  return out;
}

// Every member in declaration order; enumerations as numbers, since both ends are the same build of the library.
py::tuple get_state(const Estimate& e) {
  std::vector<int> flags;
  for (const Status s : e.flags) flags.push_back(static_cast<int>(s));
  return py::make_tuple(e.value, static_cast<int>(e.unit), e.std_error, interval(e), e.interval_method, e.cap, static_cast<int>(e.status),
                        e.reason, flags, e.estimator, e.convention, e.compat, e.compat_faults, option_items(e.options), e.n, e.d, e.seed,
                        e.backend_requested, e.backend_used, e.residual, e.warnings, option_items(e.diagnostics.items()), e.formula,
                        e.substituted, e.citation, null_state(e));
}

Estimate set_state(const py::tuple& state) {
  if (state.size() != 26) throw py::value_error("this pickle of an Estimate was written by another version of entrospect");
  std::size_t next = 0;
  const auto read = [&](auto& member) { member = py::cast<std::remove_reference_t<decltype(member)>>(state[next++]); };
  const auto read_enum = [&](auto& member) {
    member = static_cast<std::remove_reference_t<decltype(member)>>(py::cast<int>(state[next++]));
  };
  Estimate e;
  read(e.value);
  read_enum(e.unit);
  read(e.std_error);
  std::optional<std::pair<double, double>> ends;
  read(ends);
  if (ends) e.interval = {ends->first, ends->second};
  read(e.interval_method);
  read(e.cap);
  read_enum(e.status);
  read(e.reason);
  std::vector<int> flags;
  read(flags);
  for (const int flag : flags) e.flags.push_back(static_cast<Status>(flag));
  read(e.estimator);
  read(e.convention);
  read(e.compat);
  read(e.compat_faults);
  read(e.options);
  read(e.n);
  read(e.d);
  read(e.seed);
  read(e.backend_requested);
  read(e.backend_used);
  read(e.residual);
  read(e.warnings);
  OptionMap items;
  read(items);
  for (auto& [name, value] : items) e.diagnostics.set(name, value);
  read(e.formula);
  read(e.substituted);
  read(e.citation);
  e.null = null_of(state[next]);
  return e;
}

}  // namespace

py::dict to_row(const std::string& json) {
  py::dict row = py::module_::import("json").attr("loads")(json);
  if (row["value"].is_none()) row["value"] = std::numeric_limits<double>::quiet_NaN();
  return row;
}

void bind_estimate(py::module_& m) {
  py::class_<NullSummary>(m, "Null", "The same statistic where chance alone pairs or deals the data, in the estimate's unit.")
      .def_property_readonly(
          "method", [](const NullSummary& null) { return null.method; }, "str: permutation or wild-bootstrap")
      .def_property_readonly(
          "count", [](const NullSummary& null) { return null.count; }, "int: values drawn")
      .def_property_readonly(
          "mean", [](const NullSummary& null) { return null.mean; }, "float: mean of the values")
      .def_property_readonly(
          "sd", [](const NullSummary& null) { return null.sd; }, "float: their standard deviation")
      .def_property_readonly(
          "interval", [](const NullSummary& null) { return std::pair(null.central.low, null.central.high); },
          "tuple[float, float]: their 2.5 % and 97.5 % quantiles")
      .def_property_readonly(
          "p_value", [](const NullSummary& null) { return null.p_value; }, "float: (1 + #{values >= estimate}) / (1 + count)")
      .def(
          "__eq__",
          [](const NullSummary& a, const py::object& other) {
            if (!py::isinstance<NullSummary>(other)) return false;
            const auto& b = py::cast<const NullSummary&>(other);
            return std::tie(a.method, a.count, a.mean, a.sd, a.central.low, a.central.high, a.p_value) ==
                   std::tie(b.method, b.count, b.mean, b.sd, b.central.low, b.central.high, b.p_value);
          },
          "__eq__(self, other: object) -> bool")
      .def(
          "__repr__",
          [](const NullSummary& null) {
            return "Null(" + null.method + ", " + std::to_string(null.count) + ", p_value=" + to_text(OptionValue(null.p_value)) + ")";
          },
          "__repr__(self) -> str");
  py::class_<Estimate>(m, "Estimate", "A number that says what it is. float(e) is its value; print(e.explain()) is its derivation.")
      .def_property_readonly(
          "value", [](const Estimate& e) { return e.value; }, "float: in `unit`; NaN only together with a status that is not ok")
      .def_property_readonly(
          "unit", [](const Estimate& e) { return std::string(name(e.unit)); }, "str: nats, bits, count or none")
      .def_property_readonly(
          "std_error", [](const Estimate& e) { return optional(e.std_error); }, "float | None: standard error, in `unit`")
      .def_property_readonly("interval", &interval, "tuple[float, float] | None: interval, in `unit`")
      .def_property_readonly(
          "interval_method", [](const Estimate& e) { return text_or_none(e.interval_method); },
          "str | None: what made std_error and interval")
      .def_property_readonly(
          "null", [](const Estimate& e) { return optional(e.null); }, "Null | None: the same statistic where chance alone pairs the data")
      .def_property_readonly(
          "cap", [](const Estimate& e) { return optional(e.cap); }, "float | None: largest value possible at this n and d")
      .def_property_readonly(
          "normalized", [](const Estimate& e) { return optional(e.normalized()); }, "float | None: value / cap")
      .def_property_readonly(
          "status", [](const Estimate& e) { return std::string(name(e.status)); }, "str: ok, or the first condition met")
      .def_property_readonly("ok", &Estimate::ok, "bool: status is ok")
      .def_property_readonly(
          "reason", [](const Estimate& e) { return text_or_none(e.reason); }, "str | None: one line on the status")
      .def_property_readonly(
          "advice", [](const Estimate& e) { return std::string(advice(e.status)); }, "str: what the status means and what to do")
      .def_property_readonly("flags", &flag_names, "list[str]: every condition met, in order")
      .def_property_readonly(
          "estimator", [](const Estimate& e) { return e.estimator; }, "str: canonical name")
      .def_property_readonly(
          "convention", [](const Estimate& e) { return text_or_none(e.convention); }, "str | None: convention used")
      .def_property_readonly(
          "compat", [](const Estimate& e) { return text_or_none(e.compat); }, "str | None: compat id used")
      .def_property_readonly(
          "compat_faults", [](const Estimate& e) { return e.compat_faults; }, "list[str]: faults that the compat id reproduces")
      .def_property_readonly(
          "options", [](const Estimate& e) { return to_python(e.options); },
          "dict[str, bool | int | float | str | None]: every option with the value used")
      .def_property_readonly(
          "n", [](const Estimate& e) { return e.n; }, "int: rows")
      .def_property_readonly(
          "d", [](const Estimate& e) { return e.d; }, "int: columns")
      .def_property_readonly(
          "seed", [](const Estimate& e) { return optional(e.seed); }, "int | None: present when random numbers were drawn")
      .def_property_readonly(
          "backend_requested", [](const Estimate& e) { return text_or_none(e.backend_requested); }, "str | None: solver asked for")
      .def_property_readonly(
          "backend_used", [](const Estimate& e) { return text_or_none(e.backend_used); }, "str | None: solver that ran")
      .def_property_readonly(
          "residual", [](const Estimate& e) { return optional(e.residual); }, "float | None: of an iterative solver")
      .def_property_readonly(
          "warnings", [](const Estimate& e) { return e.warnings; }, "list[str]: things to know, none of them fatal")
      .def_property_readonly("diagnostics", &diagnostics,
                             "dict[str, bool | int | float | str]: what ran, was dropped, copied or assumed, in order")
      .def_property_readonly(
          "formula", [](const Estimate& e) { return e.formula; }, "str: formula with symbols")
      .def_property_readonly(
          "citation", [](const Estimate& e) { return text_or_none(e.citation); }, "str | None: where it comes from")
      .def("explain", &Estimate::explain,
           "explain(self) -> str\n\nThe formula with the values used, the axes, what was dropped or copied, the citation.")
      .def(
          "to_dict", [](const Estimate& e) { return to_row(io::row_json(e, {})); },
          "to_dict(self) -> Row\n\nOne row of schema v1; a value that is not finite is NaN.")
      .def(
          "to_json", [](const Estimate& e) { return io::to_json(e); }, "to_json(self) -> str\n\nEverything, diagnostics included, as JSON.")
      .def(
          "__float__", [](const Estimate& e) { return e.value; }, "__float__(self) -> float")
      .def("__repr__", &Estimate::text, "__repr__(self) -> str")
      .def(
          "_repr_html_", [](const py::object& self) { return py::module_::import("entrospect._html").attr("estimate")(self); },
          "_repr_html_(self) -> str")
      // Not py::pickle: its classes end the process under pickle protocols 0 and 1.
      .def("__reduce__", [](const Estimate& e) {
        return py::make_tuple(py::module_::import("entrospect._core").attr("restore_estimate"), py::make_tuple(get_state(e)));
      });
  m.def("restore_estimate", &set_state, "restore_estimate(state: tuple[Any, ...]) -> Estimate\n\nThe inverse of pickling.");
}

}  // namespace entrospect::python
