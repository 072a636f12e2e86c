using MicroVm.Shared.Sessions;

namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>Standard streams and what can be shown on them.</summary>
/// <param name="input">Standard input.</param>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
internal sealed class Terminal(Stream input, TextWriter output, TextWriter error)
{
    private const string EraseLine = "\r\e[K", Home = "\e[H\e[J";

    /// <summary>Standard input.</summary>
    public Stream In { get; } = input;

    /// <summary>Standard output.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>Standard error.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>Standard input for bytes that pass as they are; null when <see cref="In"/> does.</summary>
    public Stream? RawIn { get; init; }

    /// <summary>Standard output for bytes that pass as they are.</summary>
    public Stream RawOut { get; init; } = Stream.Null;

    /// <summary>Standard error for bytes that pass as they are.</summary>
    public Stream RawError { get; init; } = Stream.Null;

    /// <summary>The terminal at standard input; null when there is none.</summary>
    public ITerminalDevice? Device { get; init; }

    /// <summary>Which kind of terminal it is, for programs (<c>TERM</c>); empty when that is not known.</summary>
    public string Type { get; init; } = "";

    /// <summary>True when standard output is a terminal: lines may be written over.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>True when colours are wanted.</summary>
    public bool IsColoured { get; init; }

    /// <summary>Columns of the terminal.</summary>
    public int Width { get; init; } = 80;

    /// <summary>Text in a colour, where colours are wanted.</summary>
    public string Paint(Colour colour, string text) =>
        IsColoured && colour != Colour.Plain && text.Length > 0 ? $"\e[{(int)colour}m{text}\e[0m" : text;

    /// <summary>Writes over the current line; only on a terminal.</summary>
    public void Rewrite(string line) => Out.Write(EraseLine + line);

    /// <summary>Begins a new screen; only on a terminal.</summary>
    public void Clear() => Out.Write(Home);

    /// <summary>
    /// Text from elsewhere made fit for a terminal: control characters, among them the escape that terminals obey, are
    /// replaced.
    /// </summary>
    public static string Safe(string text) =>
        text.AsSpan().ContainsAnyInRange('\0', '\u001F') || text.AsSpan().ContainsAnyInRange('\u007F', '\u009F')
            ? string.Concat(text.Select(static c => char.IsControl(c) && c != '\t' ? '\uFFFD' : c))
            : text;
}
