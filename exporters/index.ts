// The public surface of the exporters: named exports only.
export { float, floats } from './onnx/attribute.ts';
export type { AttributeValue } from './onnx/attribute.ts';
export type { ElementArray, ElementType } from './onnx/element-type.ts';
export { GraphBuilder } from './onnx/graph-builder.ts';
export type {
  Dimensions,
  ExternalLocation,
  GraphBuilderOptions,
  NodeOptions,
} from './onnx/graph-builder.ts';
