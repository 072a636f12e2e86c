namespace MicroVm.Vmm.Control.Requests;

/// <summary>Reads "metrics".</summary>
internal static class MetricsConfigReader
{
    private static readonly string[] s_fields = ["metrics_path"];

    /// <exception cref="VmConfigException">The field is missing, twice, malformed, or not alone.</exception>
    internal static MetricsConfig Read(ref JsonCursor cursor)
    {
        JsonObjectScope scope = cursor.EnterObject();
        string? path = null;
        while (cursor.NextField(ref scope, s_fields, out _))
        {
            path = cursor.ReadString(HostPath.MaxBytes);
        }

        return new MetricsConfig(cursor.Required(path, scope, "metrics_path"));
    }
}
