namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>A cell of a table.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Colour">How it is emphasised.</param>
internal readonly record struct Cell(string Text, Colour Colour = Colour.Plain)
{
    /// <summary>A cell without emphasis.</summary>
    public static implicit operator Cell(string text) => new(text);

    /// <summary>A cell with a number.</summary>
    public static implicit operator Cell(int number) => new(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
