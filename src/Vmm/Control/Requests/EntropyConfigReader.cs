namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "entropy".</summary>
internal static class EntropyConfigReader
{
    private static readonly string[] s_fields = ["rate_limiter"];

    /// <exception cref="VmConfigException">A field is unknown or asks for a rate limit.</exception>
    internal static EntropyConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        while (cursor.NextField(ref scope, s_fields, out _))
        {
            cursor.RefuseUnlessNeutral();
        }

        return new EntropyConfig();
    }
}
