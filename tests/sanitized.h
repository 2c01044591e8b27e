// Whether the tests were built with AddressSanitizer.
#pragma once

namespace dlcore::test {

// Released blocks then go back to the system at once, and a request that cannot be met stops the program.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

}  // namespace dlcore::test
