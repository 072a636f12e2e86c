namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Modules of the running kernel, from its lists under <c>/lib/modules</c> and from <c>/sys/module</c>.</summary>
internal sealed class KernelModules
{
    private readonly HashSet<string> _builtIn;
    private readonly HashSet<string> _onDisk;
    private readonly Func<string, bool> _isLoaded;

    /// <param name="builtIn">Text of modules.builtin: a path in each line.</param>
    /// <param name="dependencies">Text of modules.dep: a path, a colon and more in each line.</param>
    /// <param name="isLoaded">Whether a module is loaded.</param>
    internal KernelModules(string builtIn, string dependencies, Func<string, bool> isLoaded)
    {
        _builtIn = NamesIn(builtIn);
        _onDisk = NamesIn(dependencies);
        _isLoaded = isLoaded;
    }

    /// <summary>Those of the running kernel.</summary>
    internal static KernelModules Read(string kernelRelease) => new(
        TryRead($"/lib/modules/{kernelRelease}/modules.builtin"),
        TryRead($"/lib/modules/{kernelRelease}/modules.dep"),
        static name => Directory.Exists($"/sys/module/{name}"));

    /// <summary>Whether the kernel has a module, by its name with underscores.</summary>
    internal FeatureState StateOf(string name) =>
        _isLoaded(name) || _builtIn.Contains(name) ? FeatureState.Present
        : _onDisk.Contains(name) ? FeatureState.Loadable
        : FeatureState.Missing;

    private static HashSet<string> NamesIn(string text)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            // kernel/fs/squashfs/squashfs.ko.xz: kernel/lib/...
            ReadOnlySpan<char> path = line.IndexOf(':') is >= 0 and int colon ? line[..colon] : line;
            ReadOnlySpan<char> file = path[(path.LastIndexOf('/') + 1)..];
            int end = file.IndexOf(".ko");
            if (end > 0)
            {
                names.Add(file[..end].ToString().Replace('-', '_'));
            }
        }

        return names;
    }

    private static string TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
