#pragma once

#include <string>
#include <string_view>

namespace arete::report {

/// The text as HTML shows it, in elements and in quoted attributes. Names come from files that
/// others wrote: no character of theirs ends a text or begins an element.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace arete::report
