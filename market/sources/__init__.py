"""Where prices come from: one module a provider, all behind `base.PriceSource`; `registry` picks the configured one."""
