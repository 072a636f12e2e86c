using System.Text;
using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

internal sealed class CollectingSerialOutput : ISerialOutput
{
    private readonly List<byte> _bytes = [];

    internal string Text => Encoding.Latin1.GetString([.. _bytes]);

    public void Write(byte value) => _bytes.Add(value);
}
