namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "serial".</summary>
internal static class SerialConfigReader
{
    private static readonly string[] s_fields = ["serial_out_path", "rate_limiter"];

    /// <exception cref="VmConfigException">A field is unknown, twice, or malformed.</exception>
    internal static SerialConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? path = null;
        TokenBucketConfig? limit = null;
        while (cursor.NextField(ref scope, s_fields, out string name))
        {
            if (name == "serial_out_path")
            {
                path = cursor.ReadStringOrNull(HostPath.MaxBytes);
            }
            else
            {
                limit = RateLimiterReader.ReadBucket(ref cursor);
            }
        }

        return new SerialConfig(path, limit);
    }
}
