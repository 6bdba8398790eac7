/** What a function with nothing but the S3 client needs: none of ours can be faster. */
import { PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";

const s3 = new S3Client();

export const handler = (event: PutObjectCommandInput) => s3.send(new PutObjectCommand(event));
