//! Enums of codes: a stable word for programs and what it means for people, in one place. The page
//! that documents an enum is compared with it by a test, through [`rows`].

#[doc(hidden)]
pub use serde;

/// Makes an enum out of `Variant = "word": "meaning"`, or `Variant = "word": "meaning" => "remedy"`.
/// Words are in alphabetical order.
#[macro_export]
macro_rules! codes {
    ($(#[$about:meta])* $vis:vis enum $name:ident {
        $($variant:ident = $word:literal: $meaning:literal => $remedy:literal,)+
    }) => {
        $crate::codes! { $(#[$about])* $vis enum $name { $($variant = $word: $meaning,)+ } }

        impl $name {
            /// What to do about it.
            $vis const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy,)+ }
            }
        }
    };
    ($(#[$about:meta])* $vis:vis enum $name:ident {
        $($variant:ident = $word:literal: $meaning:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $(#[doc = $meaning] $variant,)+ }

        impl $name {
            /// All of them, by word.
            $vis const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for programs.
            $vis const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// What it means.
            $vis const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)+ }
            }

            /// The one with this word.
            $vis fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::codes::serde::Serialize for $name {
            fn serialize<S: $crate::codes::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.word())
            }
        }
    };
}

/// Rows of the first table below a heading of a page, without its head; none where the page has no
/// such heading.
pub fn rows<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
    let below = page.lines().skip_while(|line| *line != heading);
    let table = below.skip_while(|line| !line.starts_with('|'));
    table.take_while(|line| line.starts_with('|')).skip(2).collect()
}

#[cfg(test)]
mod tests {
    codes! {
        /// Two.
        enum Two {
            First = "first": "comes before" => "wait",
            Second = "second": "comes after" => "go on",
        }
    }

    #[test]
    fn words_and_variants_stand_for_each_other() {
        assert!(Two::ALL.iter().all(|&it| Two::of(it.word()) == Some(it)));
        assert_eq!(Two::of("third"), None);
        assert_eq!((Two::First.meaning(), Two::Second.remedy()), ("comes before", "go on"));
    }

    #[test]
    fn rows_are_those_of_one_table() {
        let page =
            "# A\n| w |\n|---|\n| x |\n\n## B\n\ntext\n\n| w |\n|---|\n| y |\n| z |\n\n| v |";
        assert_eq!(super::rows(page, "## B"), ["| y |", "| z |"]);
        assert!(super::rows(page, "## C").is_empty());
    }
}
