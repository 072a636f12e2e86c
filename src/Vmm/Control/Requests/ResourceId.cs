namespace MicroVm.Vmm.Control.Requests;

/// <summary>The id of a drive or network interface.</summary>
internal static class ResourceId
{
    private const int MaxBytes = 64;

    /// <exception cref="VmConfigException">It is empty, too long, or has other characters than Firecracker takes.</exception>
    internal static string Read(ref JsonCursor cursor)
    {
        string id = cursor.ReadString(MaxBytes);
        return IsValid(id) ? id : throw new VmConfigException(cursor.Path, "letters, digits and underscores", $"\"{id}\"");
    }

    /// <summary>True when all characters of an id are those that Firecracker takes.</summary>
    internal static bool IsValid(string id)
    {
        foreach (char c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
            {
                return false;
            }
        }

        return true;
    }
}
