namespace MicroVm.Shared.Sessions;

/// <summary>The terminal that somebody sits at.</summary>
public interface ITerminalDevice
{
    /// <summary>Rows and columns now; 0 when it does not say.</summary>
    (int Rows, int Columns) Size { get; }

    /// <summary>Passes every key on as it is, Ctrl-C too, until what is returned is disposed of.</summary>
    IDisposable EnterRaw();

    /// <summary>Calls back whenever the size has changed, until what is returned is disposed of.</summary>
    IDisposable OnResized(Action changed);
}
