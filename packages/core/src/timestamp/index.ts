export {
  nonceText,
  readTimestampResponse,
  type TimestampRequest,
  timestampQueryType,
  timestampRequest,
} from './request.ts';
export {
  maxTokenBytes,
  type ReadTimestamp,
  readTimestamp,
  type TimestampQuestion,
  type VerifiedTimestamp,
  verifyTimestamp,
} from './verify-timestamp.ts';
