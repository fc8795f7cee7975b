"""What the components take is the same in both apps."""

from contributions.views.tables import (
    ABSENT as ABSENT,
)
from contributions.views.tables import (
    Card as Card,
)
from contributions.views.tables import (
    Cell as Cell,
)
from contributions.views.tables import (
    Column as Column,
)
from contributions.views.tables import (
    Empty as Empty,
)
from contributions.views.tables import (
    Fact as Fact,
)
from contributions.views.tables import (
    Link as Link,
)
from contributions.views.tables import (
    Notice as Notice,
)
from contributions.views.tables import (
    Pager as Pager,
)
from contributions.views.tables import (
    Step as Step,
)
from contributions.views.tables import (
    Table as Table,
)
from contributions.views.tables import (
    Text as Text,
)
from contributions.views.tables import (
    columns as columns,
)
from contributions.views.tables import (
    number as number,
)
