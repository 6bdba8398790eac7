/** A stack whose functions reach S3 and Cognito through proxies that can be told to fail. */
import type { Config } from "../../local/config.ts";
import { type FaultProxy, start_fault_proxy } from "./fault_proxy.ts";
import { start_test_stack, type TestStack } from "./stack.ts";

export interface FaultyStack {
  readonly stack: TestStack;
  readonly s3: FaultProxy;
  readonly cognito: FaultProxy;
  readonly close: () => Promise<void>;
}

export async function start_faulty_stack(config: Partial<Config> = {}): Promise<FaultyStack> {
  const [s3, cognito] = await Promise.all([start_fault_proxy(), start_fault_proxy()]);
  const stack = await start_test_stack({ s3_endpoint: s3.url, cognito_endpoint: cognito.url, config });
  s3.target = stack.s3.url;
  cognito.target = stack.cognito.url;
  const close = async () => {
    await stack.close();
    await Promise.all([s3.stop(), cognito.stop()]);
  };
  return { stack, s3, cognito, close };
}
