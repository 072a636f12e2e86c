namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "entropy".</summary>
internal static class EntropyConfigReader
{
    private static readonly string[] s_fields = ["rate_limiter"];

    /// <exception cref="VmConfigException">A field is unknown, twice, or malformed.</exception>
    internal static EntropyConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        RateLimiterConfig? limiter = null;
        while (cursor.NextField(ref scope, s_fields, out _))
        {
            limiter = RateLimiterReader.Read(ref cursor);
        }

        return new EntropyConfig(limiter);
    }
}
