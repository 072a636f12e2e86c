namespace MicroVm.Vmm.Control.Requests;

/// <summary>An object that a <see cref="JsonCursor"/> is inside of.</summary>
internal struct JsonObjectScope
{
    /// <summary>Path of the object.</summary>
    internal string Path;

    /// <summary>One bit for each field that was met.</summary>
    internal ulong Seen;
}
