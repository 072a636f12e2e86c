namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>A value of a manifest, the same whether it came as YAML or JSON.</summary>
internal abstract record ManifestNode
{
    /// <summary>What it is, in words for an error.</summary>
    internal abstract string Describe();

    /// <summary>Number of values in it, itself included.</summary>
    internal abstract int Weight { get; }

    /// <summary>Untrusted text for an error line: control characters replaced, cut.</summary>
    protected static string Shown(string text)
    {
        const int MaxShown = 80;
        string cut = text.Length > MaxShown ? text[..MaxShown] + "…" : text;
        return string.Concat(cut.Select(c => char.IsControl(c) ? '\uFFFD' : c));
    }
}
