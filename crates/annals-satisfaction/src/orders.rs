//! The products of a customer's orders, kept as one text.
//!
//! They are asked for only where a survey names its order, but nearly every customer has some: as
//! lists within a list they were a third of the memory of all states and of the time to read them.
//! So they are a text with a line for each order: its number, then its products, a tab before each.
//! Nothing needs escaping, for a code has no control characters.

use annals_events::{Code, Line};
use serde::{Deserialize, Serialize};

/// Orders with lines, in the order of the purchases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Orders(String);

impl Orders {
    pub(crate) fn add(&mut self, order: &Code, lines: &[Line]) {
        self.0.push_str(order.as_str());
        for line in lines {
            self.0.push('\t');
            self.0.push_str(line.sku.as_str());
        }
        self.0.push('\n');
    }

    /// The products of an order, each once, in the order of their names; of one that was told in
    /// several purchases, those of all.
    pub(crate) fn products(&self, order: &Code) -> Vec<&str> {
        let mut products = Vec::new();
        for line in self.0.split_terminator('\n') {
            let mut codes = line.split('\t');
            if codes.next() == Some(order.as_str()) {
                products.extend(codes);
            }
        }
        products.sort_unstable();
        products.dedup();
        products
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn code(text: &str) -> Code {
        Code::new(text).expect("a code")
    }

    proptest! {
        #[test]
        fn an_order_has_the_products_of_all_its_purchases(
            purchases in proptest::collection::vec(
                ("[a-c ü]{0,3}o", proptest::collection::vec("[x-z é]{0,3}p", 0..4)), 0..8)
        ) {
            // Codes have no blanks at their ends.
            let tidy = |text: &str| text.trim().to_owned();
            let mut orders = Orders::default();
            for (order, products) in &purchases {
                let line = |sku: &String| Line {
                    sku: code(&tidy(sku)),
                    category: None,
                    quantity: "1".parse().expect("a number"),
                    unit_price: None,
                    discount: None,
                    unit_cost: None,
                };
                orders.add(&code(&tidy(order)), &products.iter().map(line).collect::<Vec<_>>());
            }
            for (asked, _) in &purchases {
                let same = purchases.iter().filter(|(order, _)| tidy(order) == tidy(asked));
                let expected: BTreeSet<_> =
                    same.flat_map(|(_, products)| products).map(|product| tidy(product)).collect();
                prop_assert_eq!(orders.products(&code(&tidy(asked))), Vec::from_iter(&expected));
            }
            prop_assert!(orders.products(&code("another")).is_empty());
        }
    }
}
