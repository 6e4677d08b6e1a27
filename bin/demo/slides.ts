/** The demo's lecture. No text here may hold what FFmpeg's filter syntax would read: ' \ : % */
export interface Slide { readonly title: string; readonly points: readonly string[]; readonly speech: string }

export const LECTURE_TITLE = "Finding things fast";
export const SLIDE_SEC = 10;

export const SLIDES: readonly Slide[] = [
  {
    title: LECTURE_TITLE, points: ["A lecture of one minute", "Six slides, one idea", "Made by FFmpeg alone"],
    speech: "Welcome. In the next minute we look at one idea. How to find a thing fast, when things are in order.",
  },
  {
    title: "Looking at everything", points: ["Start at the first page", "Turn until you find it", "A million pages, a million looks"],
    speech: "The plain way is to look at every page in turn. A million pages can take a million looks.",
  },
  {
    title: "Open in the middle", points: ["Is it before or after", "Forget the other half", "Repeat with what is left"],
    speech: "But if the pages are in order, open the book in the middle. One look, and half of the book is out of the question.",
  },
  {
    title: "Counting the looks", points: ["1 000 pages, 10 looks", "1 000 000 pages, 20 looks", "Twice the pages, one more look"],
    speech: "A thousand pages need ten looks. A million pages need twenty. Twice as many pages cost one look more.",
  },
  {
    title: "What it needs", points: ["Things in order", "A way to jump", "Nothing else"],
    speech: "It needs two things. The pages must be in order, and we must be able to jump. A video with an index has both.",
  },
  {
    title: "To take home", points: ["Order is worth keeping", "Halving beats searching", "Thank you"],
    speech: "Take this home. Order is worth keeping, for halving beats searching. Thank you for listening.",
  },
];
