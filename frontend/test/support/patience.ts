// What is waited for on the screen comes later on a machine that does something else, such as parts that are loaded when they are needed.
if (typeof document !== 'undefined') {
  const { configure } = await import('@testing-library/react');
  configure({ asyncUtilTimeout: 10_000 });
}

export {};
