namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>Emphasis on a terminal; the values are ECMA-48 SGR parameters.</summary>
internal enum Colour
{
    /// <summary>None.</summary>
    Plain = 0,

    /// <summary>Headings.</summary>
    Bold = 1,

    /// <summary>Unimportant.</summary>
    Dim = 2,

    /// <summary>Wrong.</summary>
    Red = 31,

    /// <summary>Well.</summary>
    Green = 32,

    /// <summary>Not there yet, or suspicious.</summary>
    Yellow = 33,
}
