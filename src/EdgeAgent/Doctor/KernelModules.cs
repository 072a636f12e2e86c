namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Modules of the running kernel, from its lists under <c>/lib/modules</c> and from <c>/sys/module</c>.</summary>
internal sealed class KernelModules
{
    private readonly HashSet<string> _builtIn;
    private readonly HashSet<string> _onDisk;
    private readonly Func<string, bool> _isLoaded;

    /// <param name="builtIn">modules.builtin: a path in each line.</param>
    /// <param name="dependencies">modules.dep: a path, a colon and more in each line.</param>
    /// <param name="isLoaded">Whether a module is loaded.</param>
    internal KernelModules(TextReader builtIn, TextReader dependencies, Func<string, bool> isLoaded)
    {
        _builtIn = NamesIn(builtIn);
        _onDisk = NamesIn(dependencies);
        _isLoaded = isLoaded;
    }

    /// <summary>Those of the running kernel. A list that cannot be read counts as empty.</summary>
    internal static KernelModules Read(string kernelRelease)
    {
        using TextReader builtIn = TryOpen($"/lib/modules/{kernelRelease}/modules.builtin");
        using TextReader dependencies = TryOpen($"/lib/modules/{kernelRelease}/modules.dep");
        return new KernelModules(builtIn, dependencies, static name => Directory.Exists($"/sys/module/{name}"));
    }

    /// <summary>Whether the kernel has a module, by its name with underscores.</summary>
    internal FeatureState StateOf(string name) =>
        _isLoaded(name) || _builtIn.Contains(name) ? FeatureState.Present
        : _onDisk.Contains(name) ? FeatureState.Loadable
        : FeatureState.Missing;

    /// <summary>Line by line: the lists of a distribution's kernel have half a megabyte.</summary>
    private static HashSet<string> NamesIn(TextReader lines)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        while (lines.ReadLine() is string line)
        {
            // kernel/fs/squashfs/squashfs.ko.xz: kernel/lib/...
            ReadOnlySpan<char> path = line.AsSpan(0, line.IndexOf(':', StringComparison.Ordinal) is >= 0 and int colon ? colon : line.Length);
            ReadOnlySpan<char> file = path[(path.LastIndexOf('/') + 1)..];
            int end = file.IndexOf(".ko");
            if (end > 0)
            {
                names.Add(file[..end].ToString().Replace('-', '_'));
            }
        }

        return names;
    }

    private static TextReader TryOpen(string path)
    {
        try
        {
            return new StreamReader(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return TextReader.Null;
        }
    }
}
