namespace MicroVm.Vmm.Control.Requests;

/// <summary>The id of a drive or network interface.</summary>
internal static class ResourceId
{
    private const int MaxBytes = 64;

    /// <exception cref="VmConfigException">It is empty, too long, or has other characters than Firecracker takes.</exception>
    internal static string Read(ref JsonCursor cursor)
    {
        string id = cursor.ReadString(MaxBytes);
        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                throw new VmConfigException(cursor.Path, "letters, digits and underscores", $"\"{id}\"");
            }
        }

        return id;
    }
}
