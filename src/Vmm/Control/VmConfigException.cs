namespace MicroVm.Vmm.Control;

/// <summary>A configuration is malformed. The message is one line: the field, what was expected there, and what was found.</summary>
internal sealed class VmConfigException(string path, string expected, string found)
    : Exception($"{path}: expected {expected}, found {found}")
{
    /// <summary>The field, for example <c>drives[1].path_on_host</c>.</summary>
    internal string Path { get; } = path;

    /// <summary>What belongs there.</summary>
    internal string Expected { get; } = expected;

    /// <summary>What is there.</summary>
    internal string Found { get; } = found;
}
