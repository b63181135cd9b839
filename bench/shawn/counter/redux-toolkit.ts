import { configureStore, createSlice } from "@reduxjs/toolkit";

const { actions, reducer } = createSlice({
  name: "office",
  initialState: { count: 0 },
  reducers: {
    counted(office) {
      office.count += 1;
    },
  },
});
const store = configureStore({ reducer });
export const seen: number[] = [];
store.subscribe(() => seen.push(store.getState().count));
store.dispatch(actions.counted());
store.dispatch(actions.counted());
