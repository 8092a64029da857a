export {
  nonceText,
  readTimestampResponse,
  type TimestampRequest,
  timestampQueryType,
  timestampRequest,
} from './request.ts';
export { maxTokenBytes, type TimestampQuestion, type VerifiedTimestamp, verifyTimestamp } from './verify-timestamp.ts';
