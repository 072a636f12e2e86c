namespace MicroVm.Vmm.Control;

/// <summary>A configuration is malformed. The message is one line: the field, what was expected there, and what was found.</summary>
internal sealed class VmConfigException : Exception
{
    internal VmConfigException(string path, string expected, string found)
        : base($"{path}: expected {expected}, found {found}") => (Path, Expected, Found) = (path, expected, found);

    /// <summary>A fault that has nothing better to say than what Firecracker's clients know.</summary>
    internal VmConfigException(string path, string message)
        : base(message) => (Path, ApiText) = (path, message);

    /// <summary>The field, for example <c>drives[1].path_on_host</c>.</summary>
    internal string Path { get; }

    /// <summary>What belongs there.</summary>
    internal string Expected { get; } = "";

    /// <summary>What is there.</summary>
    internal string Found { get; } = "";

    /// <summary>What Firecracker's clients know as the text of this fault; null when there is none.</summary>
    internal string? ApiText { get; init; }
}
