/** What the pages show at their foot. */
export const release = '1'
