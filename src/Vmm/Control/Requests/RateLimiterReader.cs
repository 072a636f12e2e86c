namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "rate_limiter" and its likes.</summary>
internal static class RateLimiterReader
{
    /// <summary>A refill time within a signed count of 100 nanoseconds, in which the buckets calculate.</summary>
    private const long MaxRefillTimeMs = long.MaxValue / TimeSpan.TicksPerMillisecond;

    private static readonly string[] s_fields = ["bandwidth", "ops"];
    private static readonly string[] s_bucketFields = ["size", "one_time_burst", "refill_time"];

    /// <summary>The limits, or null for a JSON null.</summary>
    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or out of range.</exception>
    internal static RateLimiterConfig? Read(ref JsonCursor cursor)
    {
        if (cursor.IsNull)
        {
            return null;
        }

        JsonObjectScope scope = cursor.EnterObject();
        TokenBucketConfig? bandwidth = null, ops = null;
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            TokenBucketConfig? bucket = ReadBucket(ref cursor);
            if (name == "bandwidth")
            {
                bandwidth = bucket;
            }
            else
            {
                ops = bucket;
            }
        }

        return new RateLimiterConfig(bandwidth, ops);
    }

    /// <summary>One bucket, or null for a JSON null.</summary>
    /// <exception cref="VmConfigException">A field is unknown, twice, missing, or out of range.</exception>
    internal static TokenBucketConfig? ReadBucket(ref JsonCursor cursor)
    {
        if (cursor.IsNull)
        {
            return null;
        }

        JsonObjectScope scope = cursor.EnterObject();
        string? size = null, refill = null;
        ulong tokens = 0, refillTime = 0;
        ulong? burst = null;
        while (cursor.NextField(ref scope, s_bucketFields, out string name))
        {
            switch (name)
            {
                case "size":
                    size = name;
                    tokens = (ulong)cursor.ReadInteger(0, long.MaxValue);
                    break;
                case "one_time_burst":
                    burst = cursor.IsNull ? null : (ulong)cursor.ReadInteger(0, long.MaxValue);
                    break;
                default:
                    refill = name;
                    refillTime = (ulong)cursor.ReadInteger(0, MaxRefillTimeMs);
                    break;
            }
        }

        cursor.Required(size, scope, "size");
        cursor.Required(refill, scope, "refill_time");
        return new TokenBucketConfig(tokens, burst, refillTime);
    }
}
