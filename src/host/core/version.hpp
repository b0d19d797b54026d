#pragma once

namespace arete {

/// "0.1.0", of the library that runs.
[[nodiscard]] const char* version() noexcept;

/// Tells builds apart that must not be mixed: a module is refused unless its own is the same.
[[nodiscard]] const char* build_identifier() noexcept;

}  // namespace arete
