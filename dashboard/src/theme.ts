/** Owns what Mantine's components look like. Colours of the pages are in `style.css`. */
import { createTheme, type MantineColorsTuple } from '@mantine/core';

const indigo: MantineColorsTuple = [
  '#eef1fd',
  '#dbe1fa',
  '#b5c1f5',
  '#93a9ff',
  '#6f86ee',
  '#4c66e0',
  '#3451d1',
  '#2b4acb',
  '#2440b0',
  '#1b3190',
];
const red: MantineColorsTuple = [
  '#fde8e6',
  '#fbd0cc',
  '#f5a49d',
  '#ee7a70',
  '#e55a4e',
  '#d63f32',
  '#c92a1e',
  '#b42318',
  '#97190f',
  '#7d130b',
];

const slate: MantineColorsTuple = [
  '#e6eaf0',
  '#c3cbd7',
  '#9ba7b8',
  '#667386',
  '#434c59',
  '#2b323c',
  '#1f252d',
  '#171b21',
  '#12161b',
  '#0f1216',
];

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 6, dark: 5 },
  colors: { indigo, red, dark: slate },
  fontFamily: 'Inter, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "Cascadia Code", "SF Mono", Menlo, "Liberation Mono", Consolas, monospace',
  fontSizes: { xs: '12px', sm: '14px', md: '14px', lg: '16px', xl: '20px' },
  defaultRadius: 6,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'xs' } },
    ActionIcon: { defaultProps: { size: 30, variant: 'subtle', color: 'gray' } },
    Modal: { defaultProps: { centered: true, radius: 8, lockScroll: false, transitionProps: { duration: 0 } } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 0 } } },
    Menu: { defaultProps: { transitionProps: { duration: 0 } } },
  },
});
